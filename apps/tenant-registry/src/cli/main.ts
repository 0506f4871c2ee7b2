import { parseArgs } from 'node:util';
import { ApiError, PlatformApi } from './api.js';

const usage = `npm run tenants -- <verb> [--json]

  create <slug> --name <name> --email <admin's e-mail> --first-name <name> --last-name <name> [--plan <plan>]
         the admin's password is read from TENANTRY_ADMIN_PASSWORD, so that it stands in no list of processes
  list
  show <tenant id>
  operation <operation id>

TENANTRY_URL and TENANTRY_KEY name the gateway and an operator's key; where a local stack runs, they are its own unless set.
--json prints one JSON document a line. Exit codes: 0 done, 1 failed, 2 wrong usage, 4 not allowed.
`;

const exitCodes = { failed: 1, usage: 2, notAllowed: 4 } as const;

class UsageError extends Error {}

const text = { type: 'string' } as const;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean' },
        name: text,
        email: text,
        plan: text,
        'first-name': text,
        'last-name': text,
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const required = (value: string | undefined, what: string): string => {
  if (!value) throw new UsageError(`${what} is missing`);
  return value;
};

/** For machines a document a line; for people the members that are not nested. */
function print(item: object, asJson: boolean): void {
  if (asJson) process.stdout.write(`${JSON.stringify(item)}\n`);
  else {
    const plain = Object.entries(item).filter(([, value]) => value !== null && typeof value !== 'object');
    process.stdout.write(`${plain.map(([name, value]) => `${name}=${value}`).join('  ')}\n`);
  }
}

async function run(): Promise<void> {
  const { values, positionals } = readArguments();
  const [verb, subject] = positionals;
  if (values.help || verb === undefined) {
    process.stdout.write(usage);
    return;
  }
  const { TENANTRY_URL, TENANTRY_KEY, TENANTRY_ADMIN_PASSWORD } = process.env;
  const api = new PlatformApi(required(TENANTRY_URL, 'TENANTRY_URL'), required(TENANTRY_KEY, 'TENANTRY_KEY'));
  const asJson = values.json ?? false;
  switch (verb) {
    case 'list':
      for await (const tenant of api.list()) print(tenant, asJson);
      return;
    case 'show':
      return print(await api.get(required(subject, 'the tenant id')), asJson);
    case 'operation': {
      const operation = await api.getOperation(required(subject, 'the operation id'));
      print(operation, asJson);
      if (!asJson) for (const step of operation.steps) print(step, false);
      return;
    }
    case 'create': {
      const admin = {
        email: required(values.email, '--email'),
        password: required(TENANTRY_ADMIN_PASSWORD, 'TENANTRY_ADMIN_PASSWORD'),
        firstName: required(values['first-name'], '--first-name'),
        lastName: required(values['last-name'], '--last-name'),
      };
      const slug = required(subject, 'the slug');
      const plan = values.plan === undefined ? {} : { plan: values.plan };
      return print(await api.create({ slug, name: required(values.name, '--name'), admin, ...plan }), asJson);
    }
    default:
      throw new UsageError(`there is no verb '${verb}'`);
  }
}

try {
  await run();
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = exitCodes.usage;
  } else if (error instanceof ApiError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.status === 401 || error.status === 403 ? exitCodes.notAllowed : exitCodes.failed;
  } else throw error;
}
