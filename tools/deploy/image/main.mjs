// node tools/deploy/image/main.mjs <app> <folder>: lays out what the image of an app holds. The Dockerfile runs it, and a test runs its result.
import { layOut } from './folder.mjs';

const [app, target] = process.argv.slice(2);
if (!app || !target) throw new Error('usage: node tools/deploy/image/main.mjs <app> <folder>');
const count = layOut(process.cwd(), app, target);
process.stdout.write(`${app}: ${count} packages in ${target}\n`);
