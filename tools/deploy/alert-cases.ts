/** A minute's sample each, as promtool writes series: `0+60x30` grows by 60, `1x30` stays. */
type Series = Record<string, string>;

interface AlertCase {
  /** Nobody is woken by it. */
  readonly healthy: Series;
  /** Somebody is, within half an hour. */
  readonly sick: Series;
  /** What the alert says beside its severity. */
  readonly labels?: Record<string, string>;
}

const requests = (status: number): string =>
  `http_server_request_duration_seconds_count{http_response_status_code="${status}"}`;
const slower = (seconds: string): string => `http_server_request_duration_seconds_bucket{le="${seconds}"}`;
const failures = 'tenantry_message_duration_seconds_count{service="products",message="products.list",status="503"}';
const ofInstance = (metric: string): string => `${metric}{service="users",instance="a"}`;
const ofPool = (metric: string): string => `${metric}{service="users",cluster="eu1",instance="a"}`;
const pool = { service: 'users', cluster: 'eu1' };

const services = ['gateway', 'auth', 'users', 'products', 'tenant-registry'];
const told = (service: string): string => `tenantry_nats_connected{service="${service}",instance="a"}`;

/** What each alert of deploy/observability/rules.yml says yes and no to. */
export const alertCases: Record<string, AlertCase> = {
  TenantryInstanceDown: {
    healthy: { 'up{job="tenantry-users",instance="a"}': '1x30' },
    sick: { 'up{job="tenantry-users",instance="a"}': '0x30' },
    labels: { job: 'tenantry-users', instance: 'a' },
  },
  TenantryServiceMissing: {
    healthy: Object.fromEntries(services.map((service) => [told(service), '1x30'])),
    sick: Object.fromEntries(
      services.filter((service) => service !== 'auth').map((service) => [told(service), '1x30']),
    ),
    labels: { service: 'auth' },
  },
  TenantryErrors: {
    healthy: { [requests(200)]: '0+600x30', [requests(503)]: '0+5x30' },
    sick: { [requests(200)]: '0+600x30', [requests(503)]: '0+7x30' },
  },
  TenantrySlow: {
    healthy: { [slower('1')]: '0+600x30', [slower('2.5')]: '0+600x30', [slower('+Inf')]: '0+600x30' },
    sick: { [slower('1')]: '0+590x30', [slower('2.5')]: '0+600x30', [slower('+Inf')]: '0+600x30' },
  },
  TenantryMessagesFail: {
    healthy: { [failures]: '0+5x30' },
    sick: { [failures]: '0+7x30' },
    labels: { service: 'products', message: 'products.list' },
  },
  TenantryBrokerAway: {
    healthy: { [ofInstance('tenantry_nats_connected')]: '1x30' },
    sick: { [ofInstance('tenantry_nats_connected')]: '0x30' },
    labels: { service: 'users' },
  },
  TenantryServiceFull: {
    healthy: {
      [ofInstance('tenantry_messages_in_hand')]: '400x30',
      [ofInstance('tenantry_messages_in_hand_limit')]: '512x30',
    },
    sick: {
      [ofInstance('tenantry_messages_in_hand')]: '500x30',
      [ofInstance('tenantry_messages_in_hand_limit')]: '512x30',
    },
    labels: { service: 'users' },
  },
  TenantryConnectionsWaitedFor: {
    healthy: { [ofPool('tenantry_pool_longest_wait_seconds')]: '0.5x30' },
    sick: { [ofPool('tenantry_pool_longest_wait_seconds')]: '1.5x30' },
    labels: pool,
  },
  TenantryConnectionsRefused: {
    healthy: { [ofPool('tenantry_pool_refused_total')]: '0+5x30' },
    sick: { [ofPool('tenantry_pool_refused_total')]: '0+7x30' },
    labels: pool,
  },
  TenantryClusterAway: {
    healthy: { [ofPool('tenantry_pool_breaker_open')]: '0x30' },
    sick: { [ofPool('tenantry_pool_breaker_open')]: '1x30' },
    labels: { cluster: 'eu1' },
  },
  TenantryTenantsAway: {
    healthy: { [ofPool('tenantry_pool_tenant_breakers_open')]: '0x30' },
    sick: { [ofPool('tenantry_pool_tenant_breakers_open')]: '2x30' },
    labels: { cluster: 'eu1' },
  },
  TenantryBudgetTooLarge: {
    healthy: {
      'tenantry_connection_budget{service="users"}': '40x30',
      'tenantry_connection_budget{service="auth"}': '40x30',
      'tenantry_cluster_connections{cluster="eu1"}': '80x30',
    },
    sick: {
      'tenantry_connection_budget{service="users"}': '40x30',
      'tenantry_connection_budget{service="auth"}': '40x30',
      'tenantry_cluster_connections{cluster="eu1"}': '79x30',
    },
    labels: { cluster: 'eu1' },
  },
  TenantryEventLoopBlocked: {
    healthy: { [ofInstance('nodejs_eventloop_lag_p99_seconds')]: '0.2x30' },
    sick: { [ofInstance('nodejs_eventloop_lag_p99_seconds')]: '0.3x30' },
    labels: { service: 'users' },
  },
  TenantryLimitsNotShared: {
    healthy: { 'tenantry_limits_shared{instance="a"}': '1x30', 'tenantry_limits_shared{instance="b"}': '1x30' },
    sick: { 'tenantry_limits_shared{instance="a"}': '1x30', 'tenantry_limits_shared{instance="b"}': '0x30' },
  },
  TenantryManyLimited: {
    healthy: { 'tenantry_limited_total{limit="address"}': '0+500x30' },
    sick: { 'tenantry_limited_total{limit="address"}': '0+700x30' },
    labels: { limit: 'address' },
  },
  TenantryOverloaded: {
    healthy: {
      'tenantry_refused_total{why="in-hand"}': '0+50x30',
      'tenantry_refused_total{why="unreadable"}': '0+900x30',
    },
    sick: { 'tenantry_refused_total{why="in-hand"}': '0+70x30' },
    labels: { why: 'in-hand' },
  },
  TenantryReplicaNotRead: {
    healthy: { 'tenantry_registry_replica_in_use{instance="a"}': '1x30' },
    sick: { 'tenantry_registry_replica_in_use{instance="a"}': '0x30' },
  },
  TenantryTenantsBehind: {
    healthy: { 'tenantry_schema_tenants_behind{instance="a"}': '0x30' },
    sick: { 'tenantry_schema_tenants_behind{instance="a"}': '3x30' },
  },
  TenantryMigrationRunPaused: {
    healthy: { 'tenantry_migration_runs_paused{instance="a"}': '0x30' },
    sick: { 'tenantry_migration_runs_paused{instance="a"}': '1x30' },
  },
};
