import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';

// Each worker has a broker of its own, where there are several (tools/stack/test-servers.ts).
const brokers = process.env.TEST_NATS_URL?.split(' ') ?? [];
if (brokers.length > 1)
  process.env.TEST_NATS_URL = brokers[(Number(process.env.JEST_WORKER_ID ?? 1) - 1) % brokers.length];
