import { readMark, writeMark } from "../../src/wire/disk_mark.ts";
import { codecLaws, codecOf } from "./codec_laws.ts";
import { DISK_MARK } from "./generated.ts";

codecLaws("a mark of a disk", DISK_MARK, codecOf(writeMark, readMark));
