import { Module } from '@nestjs/common';
import { LoginLimits } from './login-limits.js';
import { Refusals } from './refusals.js';
import { SharedWindows } from './shared-windows.js';

@Module({ providers: [SharedWindows, Refusals, LoginLimits], exports: [SharedWindows, Refusals, LoginLimits] })
export class LimitsModule {}
