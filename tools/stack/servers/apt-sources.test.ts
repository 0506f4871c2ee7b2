import { describe, expect, test } from '@jest/globals';
import { parseSources, sourcesFor, suitesFrom } from './apt-sources.ts';

const deb822 = `Types: deb deb-src
# a comment between fields
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: https://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: https://off.example/debian
Suites: bookworm
Components: main
`;

const oneLine = `# deb https://commented.example/debian bookworm main
deb [arch=amd64,arm64 signed-by=/usr/share/keyrings/a.gpg] https://mirror.example/debian bookworm main # trailing
deb-src https://mirror.example/debian bookworm main
deb https://tools.example/apt tools-bookworm main
deb https://engine.example/linux/debian bookworm stable
`;

describe('a suite is asked for where the machine has its own', () => {
  test('a deb822 entry keeps its address, components and the key inside it', () => {
    const [source = '', ...others] = sourcesFor('trixie', parseSources(deb822, 'sources'), 'bookworm');
    expect(others).toEqual([]);
    expect(source).toContain('uris: https://mirror.example/debian\n');
    expect(source).toContain('suites: trixie\n');
    expect(source).toContain('types: deb\n');
    expect(source).toContain('signed-by: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n');
  });

  test('a one-line entry keeps its options', () => {
    const [source = '', ...others] = sourcesFor('sid', parseSources(oneLine, 'list'), 'bookworm');
    expect(others).toEqual([]);
    expect(source).toContain('suites: sid\n');
    expect(source).toContain('components: main\n');
    expect(source).toContain('architectures: amd64 arm64\n');
    expect(source).toContain('signed-by: /usr/share/keyrings/a.gpg\n');
  });

  test('disabled, source-only and foreign entries are left alone', () => {
    const machine = [...parseSources(deb822, 'sources'), ...parseSources(oneLine, 'list')];
    expect(sourcesFor('trixie', machine, 'bookworm')).toHaveLength(2);
  });
});

describe('suites are tried from the own one to newer ones', () => {
  test.each([
    ['ID=debian\nVERSION_CODENAME=bookworm\n', ['bookworm', 'trixie', 'forky', 'sid']],
    ['ID=debian\nVERSION_CODENAME="trixie"\n', ['trixie', 'forky', 'sid']],
    ['ID=debian\n', ['sid']],
    ['ID=ubuntu\nVERSION_CODENAME=noble\n', ['noble', 'resolute']],
    ['ID=ubuntu\nVERSION_CODENAME=unheard-of\n', ['unheard-of']],
    ['ID=fedora\n', []],
  ])('%j gives %j', (osRelease, suites) => {
    expect(suitesFrom(osRelease)).toEqual(suites);
  });
});
