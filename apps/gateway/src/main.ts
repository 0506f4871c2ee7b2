import { startGateway } from './gateway.js';

await startGateway();
