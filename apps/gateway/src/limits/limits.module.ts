import { Module } from '@nestjs/common';
import { Refusals } from './refusals.js';
import { SharedWindows } from './shared-windows.js';

@Module({ providers: [SharedWindows, Refusals], exports: [SharedWindows, Refusals] })
export class LimitsModule {}
