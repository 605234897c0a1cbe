/**
 * Who answers whom: every member comes to the same order by itself, each machine has another first
 * one, and where one member goes the others keep theirs. Rendezvous hashing, Thaler and Ravishankar
 * 1998.
 */

/** The members in the order in which they answer the machine of that key; ties by id. */
export function rendezvousOrder<Id extends string>(key: string, members: Iterable<Id>): Id[] {
  const ofKey = hash(key);
  return Array.from(members, (id): [weight: number, id: Id] => [mix(ofKey ^ hash(id)), id])
    .sort(([a, idA], [b, idB]) => b - a || (idA < idB ? -1 : 1))
    .map(([, id]) => id);
}

/** FNV-1a of 32 bits over UTF-16 units. */
function hash(text: string): number {
  let sum = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x0100_0193);
  return sum;
}

/** The finalizer of MurmurHash3: without it neighbouring keys would have neighbouring weights. */
function mix(sum: number): number {
  let mixed = sum;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
