/** What can be deployed, as the surfaces ask for it. */

export interface Profiles {
  /** Whether this member has a profile of that name; undefined where it has no content to look in,
   * so that it cannot tell. */
  exists(name: string): Promise<boolean | undefined>;
}

/** Of a member without content. */
export const NO_CONTENT: Profiles = {
  exists: () => Promise.resolve(undefined),
};
