/** Which version of the content is written to a person (docs/protocol.md §5.7). */
import { findKey } from "./pinning.js";

/** Among the suites of a statement: contents of version 2 are read. */
export const READS_VERSION_2 = 2 ** 31 + 2;

/**
 * @param {PersonRow | null} person
 * @param {number[] | undefined} own the versions that all browsers of this account's list read; undefined: there is no list
 * @returns {number} 2 where all browsers of both read it
 */
export function contentVersion(person, own) {
  const theirs = person?.list
    ? (person.list.contentVersions?.includes(2) ?? false)
    : (findKey(person, person?.pinned ?? null)?.suites.includes(READS_VERSION_2) ?? false);
  return theirs && (own?.includes(2) ?? true) ? 2 : 1;
}

/**
 * @param {{ contentVersions: number[] }[]} browsers of a list
 * @returns {number[]} the versions that all of them read
 */
export function commonVersions([first, ...others]) {
  return (first?.contentVersions ?? []).filter((v) => others.every(({ contentVersions }) => contentVersions.includes(v)));
}
