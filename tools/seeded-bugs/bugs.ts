/** One wrong patch of the library, as someone in a hurry might make it. */
export interface SeededBug {
  readonly name: string;
  /** In `libs/tenant-connection/src`; each `find` stands there exactly once. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
  /** The tests that must notice. */
  readonly tests: string;
}

export const bugs: readonly SeededBug[] = [
  {
    name: 'no identity check',
    edits: [
      {
        file: 'connect.ts',
        find: 'if (seen?.database !== place.database || seen.role !== place.role) {',
        replace: 'if (seen === undefined) {',
      },
    ],
    tests: 'faults',
  },
  {
    name: "a second release ends another's lease",
    edits: [{ file: 'lease.ts', find: '    if (this.released) return;\n', replace: '' }],
    tests: 'lease',
  },
  {
    name: 'a second release of a connection takes it from its next user',
    edits: [
      { file: 'budget.ts', find: ' || slot.lending !== lending', replace: '' },
      { file: 'clusters.ts', find: '    if (slot.lending !== lending) return;\n', replace: '' },
      { file: 'connections.ts', find: '        if (!isOut) return;\n', replace: '' },
    ],
    tests: 'faults|budget',
  },
  {
    name: 'eviction ignores leases',
    edits: [
      {
        file: 'directory.ts',
        find: '=> entry.leases > 0 || entry.share',
        replace: '=> entry.leases > 1e9 && entry.share',
      },
    ],
    tests: 'directory',
  },
  {
    name: 'take-over closes connections in use',
    edits: [{ file: 'idle-slots.ts', find: 'const slot = idle.pop();', replace: 'const slot = idle.at(-1);' }],
    tests: 'budget',
  },
  {
    name: 'the directory takes an older load',
    edits: [{ file: 'directory.ts', find: 'place.generation < entry.generation', replace: 'place.generation < 0' }],
    tests: 'directory',
  },
  {
    name: 'a connection is returned as it is after an abort',
    edits: [{ file: 'clusters.ts', find: 'if (fit && session.isClean)', replace: 'if (fit)' }],
    tests: 'faults',
  },
];
