import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const root = join(import.meta.dirname, '../..');
export const readText = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The one document of a YAML file; anchors and merges resolved. */
export const readYaml = <Shape>(path: string): Shape => parse(readText(path), { merge: true }) as Shape;

/** All documents of a YAML file. */
export const readAll = <Shape>(path: string): Shape[] =>
  parseAllDocuments(readText(path)).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.join('; ')}`);
    return document.toJS() as Shape;
  });
