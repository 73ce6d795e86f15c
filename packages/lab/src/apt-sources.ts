// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A Debian archive that this machine is configured to use. */
export interface DebianMirror {
  /** Such as the URI behind the machine's `deb` lines: suites lie under its `dists/`. */
  readonly uri: string;
  /** The keyring or key that signs it, when the configuration names one. */
  readonly signedBy: string | undefined;
}

/** Suites that only Debian has; with one of them in its entry, an archive is Debian's main one. */
const DEBIAN_SUITES = /^(bullseye|bookworm|trixie|forky|sid|stable|testing|unstable|oldstable)$/;

/**
 * The first main Debian archive in apt's configuration under `aptFolder` (default `/etc/apt`), or undefined on a machine
 * that has none. Security and other side archives don't count: they lack the other suites.
 */
export async function findDebianMirror(aptFolder = '/etc/apt'): Promise<DebianMirror | undefined> {
  const partsFolder = join(aptFolder, 'sources.list.d');
  const parts = await readdir(partsFolder).catch(() => []); // optional folder
  const files = [join(aptFolder, 'sources.list'), ...parts.sort().map(name => join(partsFolder, name))];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => ''); // optional file
    const mirror = file.endsWith('.sources')
      ? parseDeb822(text)
      : file.endsWith('.list')
        ? parseOneLine(text)
        : undefined;
    if (mirror !== undefined) return mirror;
  }
  return undefined;
}

/** Reads the one-line style of sources.list(5): `deb [options] uri suite component…`. */
export function parseOneLine(text: string): DebianMirror | undefined {
  for (const line of text.split('\n')) {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim());
    if (match === null) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    if (DEBIAN_SUITES.test(suite) && /\bmain\b/.test(components)) return { uri, signedBy };
  }
  return undefined;
}

/** Reads the deb822 style of sources.list(5): stanzas of `Field: value`. An embedded key counts as none named. */
export function parseDeb822(text: string): DebianMirror | undefined {
  for (const stanza of text.split(/\n\s*\n/)) {
    const fields = readFields(stanza);
    const [uri] = words(fields.get('uris'));
    const usable = words(fields.get('types')).includes('deb') && fields.get('enabled')?.toLowerCase() !== 'no';
    const isDebian = words(fields.get('suites')).some(suite => DEBIAN_SUITES.test(suite));
    if (!usable || !isDebian || uri === undefined || !words(fields.get('components')).includes('main')) continue;
    const signedBy = fields.get('signed-by');
    return { uri, signedBy: signedBy?.startsWith('/') ? signedBy : undefined };
  }
  return undefined;
}

function readFields(stanza: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) {
    const match = /^([A-Za-z-]+):\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined) fields.set(match[1].toLowerCase(), match[2] ?? '');
  }
  return fields;
}

function words(value = ''): readonly string[] {
  return value.split(/\s+/).filter(word => word !== '');
}
