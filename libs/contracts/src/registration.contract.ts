import { z } from 'zod';
import { message } from './message.js';
import { email, nothing, password } from './schemas.js';
import { FirstAdmin, User } from './users.contract.js';

/** As it stands in a mail: 32 random bytes in base64url. One that could not be ours is answered like any spent one. */
const token = z.string().max(200);

/** What people do before anybody knows them. */
export const Registration = {
  /** Where the tenant lets people sign up by themselves; `forbidden` elsewhere. */
  register: message('users.register', {
    request: FirstAdmin.meta({ id: 'Register' }),
    reply: User,
    needs: 'public',
    hidesTenants: true,
    status: 201,
  }),
  /** The answer is the same, and as fast, whether or not there is such a user: what is to be done is done after it. */
  forgotPassword: message('users.password.forgot', {
    request: z.strictObject({ email }).meta({ id: 'ForgotPassword' }),
    reply: z.strictObject({}),
    needs: 'public',
    hidesTenants: true,
    status: 202,
  }),
  /** Spends the token of a mail, and ends all sessions of the user. */
  resetPassword: message('users.password.reset', {
    request: z.strictObject({ token, password }).meta({ id: 'ResetPassword' }),
    reply: nothing,
    needs: 'public',
    hidesTenants: true,
    status: 204,
  }),
  /** Spends the token of a mail: the address is its reader's. */
  verifyEmail: message('users.email.verify', {
    request: z.strictObject({ token }).meta({ id: 'VerifyEmail' }),
    reply: nothing,
    needs: 'public',
    hidesTenants: true,
    status: 204,
  }),
};
