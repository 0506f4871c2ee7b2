import { ErrorCatalogue } from '@tenantry/contracts';

const adviceOf: Readonly<Record<number, string>> = {
  401: 'Get a new token.',
  403: 'Ask someone who may, or the operator.',
  404: 'Check the name or the id.',
  409: 'Look at what is there, then decide.',
  500: 'Report it.',
  504: 'Look whether it was done before you send it again.',
};

const advice = (code: string, status: number, retryAfterSeconds: number | undefined): string => {
  if (retryAfterSeconds !== undefined) return `Try again after \`Retry-After\` (${retryAfterSeconds} s unless said).`;
  if (code === 'invalid-credentials') return 'Correct them.';
  return adviceOf[status] ?? 'Change the request: the same one fails again.';
};

/** The page about errors, from the catalogue that the services answer from. */
export function errorsPage(): string {
  const rows = Object.entries(ErrorCatalogue).map(
    ([code, { status, explanation, retryAfterSeconds }]) =>
      `| ${status} | \`${code}\` | ${explanation} | ${advice(code, status, retryAfterSeconds)} |`,
  );
  return [
    '# Errors',
    '',
    'Every answer that is not a success is a problem document (RFC 9457) of the type `application/problem+json`. Its `type`,',
    '`/problems/<code>`, is stable: branch on it, never on `title` or `detail`. `GET /problems/<code>` explains each on a running system.',
    '',
    '```json',
    JSON.stringify(
      {
        type: '/problems/validation',
        title: ErrorCatalogue.validation.title,
        status: ErrorCatalogue.validation.status,
        detail: 'The request breaks a rule of its fields.',
        instance: '/v1/products',
        requestId: '0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b11',
        errors: [{ pointer: '/price', code: 'required', message: 'is required' }],
      },
      null,
      2,
    ),
    '```',
    '',
    '<!-- Made from libs/contracts/src/errors.ts by `npx nx errors-page law`; a test compares the two. -->',
    '',
    '| status | code | meaning | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
