import { message, Products } from '@tenantry/contracts';

const { request } = Products.get;

/** The question all arms ask: an id, answered by the same id. Each arm has a subject of its own below `products`. */
export const Echo = message('products.bench.kit', { request, reply: request, needs: 'products:read' });
export const rawSubject = 'products.bench.raw';
export const nestSubject = 'products.bench.nest';

export const question = { id: '0199a1c2-7b3e-7c51-9d2e-3f4a5b6c7d8e' };
export const tenantId = '0199a1c2-0000-7000-8000-000000000001';
