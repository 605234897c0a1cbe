/** What searches of nodes came to at this member since it was started. */

export interface SearchCounts {
  /** Searches for members of confluent; what else is sent to their port counts for nothing. */
  requests: number;
  answers: number;
  silences: number;
  malformed: number;
  /** Searches that met a fault of this program. */
  faults: number;
  /** Of machines that search more often than MAX_SEARCHES_OF_ONE, or beyond MAX_SEARCHES, or
   * MAX_SEARCHES_OFF_LINK. */
  floods: number;
  /** Datagrams that the kernel had no room for on their way in. */
  dropped: number;
  /** Answers that the kernel did not take. */
  unsent: number;
}

export function noSearchCounts(): SearchCounts {
  return {
    ...{ requests: 0, answers: 0, silences: 0, malformed: 0, faults: 0, floods: 0 },
    ...{ dropped: 0, unsent: 0 },
  };
}
