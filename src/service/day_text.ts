/** `2026-01-31`, the day in UTC of that time in milliseconds since 1970. */
export function dayText(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}
