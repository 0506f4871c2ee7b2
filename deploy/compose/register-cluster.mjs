// Run once by docker-compose.yml, before anybody is let in: makes a further cluster known to the registry, as an operator would. One that is
// known by this name stays as it is.
const { GATEWAY_URL, OPERATOR_KEY, CLUSTER_NAME: name, PROVISIONER_URL: provisionerUrl } = process.env;
const response = await fetch(new URL('/v1/admin/clusters', GATEWAY_URL), {
  method: 'POST',
  headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
  body: JSON.stringify({ name, provisionerUrl }),
  signal: AbortSignal.timeout(30_000),
});
// Only its name or its server can be in conflict: it is known.
const isKnown = response.status === 409;
if (!response.ok && !isKnown) throw new Error(`the cluster ${name} is not registered: ${await response.text()}`);
console.log(`the cluster ${name} is ${isKnown ? 'known' : 'registered'}`);
