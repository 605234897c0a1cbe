import {
  readAuditAsk,
  readAuditCells,
  writeAuditAsk,
  writeAuditCells,
} from "../../src/wire/audit.ts";
import { codecLaws, codecOf } from "./codec_laws.ts";
import { AUDIT_ASK, AUDIT_CELLS } from "./generated.ts";

codecLaws("what an audit asks for", AUDIT_ASK, codecOf(writeAuditAsk, readAuditAsk));
codecLaws("what a bucket holds", AUDIT_CELLS, codecOf(writeAuditCells, readAuditCells));
