import { demoEmail, demoPassword, demoSlugs } from './demo.ts';
import { readOptions, usage, type StackOptions } from './options.ts';
import { mailFolder } from './services.ts';
import { startStack, type Stack } from './stack.ts';
import { report, step } from './terminal.ts';

const stopping = new AbortController();
// The launcher's death closes the channel to it.
for (const reason of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) {
  process.on(reason as NodeJS.Signals, () => stopping.abort(new Error(`stopped by ${reason}`)));
}

if (process.argv.includes('--help')) {
  console.log(usage);
  process.exit();
}
try {
  const options = { ...readOptions(process.cwd(), process.argv.slice(2), process.env), report, step };
  const stack = await startStack(options, stopping.signal);
  console.log(greeting(stack, options));
  console.log(`ready ${stack.url}`);
  await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve));
  await step('stopping', () => stack.stop());
} catch (error) {
  if (!stopping.signal.aborted) {
    report(`\n${(error as Error).message}`);
    process.exitCode = 1;
  }
}
process.disconnect?.();

function greeting({ url, operatorKey, clusters }: Stack, { demo, dataDir, env }: StackOptions): string {
  const [slug] = demoSlugs;
  const login = `  curl -s ${url}/v1/auth/login -H 'X-Tenant: ${slug}' -H 'Content-Type: application/json' \\
    -d '{"email":"${demoEmail(slug)}","password":"${demoPassword}"}'`;
  return [
    '',
    `  address       ${url}`,
    `  docs          ${url}/docs`,
    `  operator key  ${operatorKey}`,
    ...(clusters.length > 1 ? [`  clusters      ${clusters.join(', ')}`] : []),
    ...(env.SMTP_URL ? [] : [`  mails         ${mailFolder(dataDir)}`]),
    ...(demo ? [`  demo login (tenants: ${demoSlugs.join(', ')})`, login] : []),
    '',
  ].join('\n');
}
