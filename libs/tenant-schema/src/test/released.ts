/** The SHA-256 of the SQL of each migration that databases may have had, in order. A line is added with a migration, and never changed. */
export const released: ReadonlyMap<string, string> = new Map([
  ['people-and-products', 'f21a7770e89423985a23fce8c0bd8ced008cec1cb395052fa021414831a13d25'],
  ['sessions', '262cc37d44ef5a504e1bed9fefc39a779d9913d6e6311bad013e408854519c8b'],
  ['role-set', '60f3b83a49b4a304060fa2bbfe13334b9c728bb71d066a0c7eed1d57a55eb17c'],
  ['versions', '8b01e6401f06952573cf52961dcdeaa9453c504c76f523d6451691f472d6fb85'],
  ['idempotency-keys', 'ab0c25aaaf1eb1aa36018d23561b1e28900061054d16fd2a6a04bb04079bf1f4'],
  ['audit', '3db3ff5838a3883b09b9d334d6b8a4a0466fc1128a3e1fa3ae65e3f961923678'],
  ['product-lists', '313de0d880e240e3b1155fdde69ffe49e409a26ed153eed4da916071f418504a'],
  ['mail-tokens', '443872d1e0e7ed3ac2da0b69a2a859cefc85b3924fd681738c36ab2c8ff64bc9'],
  ['user-lists', 'fc29c0e3faac457c7cacffb9b02fc80767ff63d3853163161cdc4c8c66d1854d'],
  ['outbox-by-service', 'e59535fb16697918d8a0a3d3f9f2b64d65cfa97ccb918b7563ed9d81e6f970da'],
  ['audit-is-kept', 'bad8b024342cc41013df66818c34901286dfe469205ee21fbcecbdb45979f061'],
]);
