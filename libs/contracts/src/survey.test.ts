import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { survey } from './survey.js';

test.each([
  'instances',
  'instances.',
  'instances.a.b',
  'instances.Pools',
  'products.get',
  'instances.*',
  'instances.>',
])('a survey cannot be %s', (subject) => expect(() => survey(subject, z.null())).toThrow(TypeError));
