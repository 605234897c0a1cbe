/** The head of an answer (RFC 9112, 4). */

/** Of the statuses that boot files are answered with. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  206: "Partial Content",
  304: "Not Modified",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  416: "Range Not Satisfiable",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

let dated = { second: NaN, text: "" };

/** With its empty line; `fields` are whole lines without their ends. */
export function answerHead(
  status: number,
  fields: readonly string[],
  isKept: boolean,
  nowMs: number,
): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== dated.second) dated = { second, text: new Date(nowMs).toUTCString() };
  const connection = isKept ? "keep-alive" : "close";
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`,
    `Date: ${dated.text}`,
    ...fields,
    `Connection: ${connection}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
