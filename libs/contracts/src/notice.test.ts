import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { notice } from './notice.js';

test.each(['state', 'state.', 'state.a.b', 'state.Tenants', 'products.get', 'state.*', 'state.>'])(
  'a notice cannot be %s',
  (subject) => expect(() => notice(subject, 'auth', z.null())).toThrow(TypeError),
);
