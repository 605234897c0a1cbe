import {
  readDeltaAsk,
  readDeltaChunk,
  writeDeltaAsk,
  writeDeltaChunk,
} from "../../src/wire/delta.ts";
import { codecLaws, codecOf } from "./codec_laws.ts";
import { DELTA_ASK, DELTA_CHUNK } from "./generated.ts";

codecLaws("what a delta is asked for", DELTA_ASK, codecOf(writeDeltaAsk, readDeltaAsk));
codecLaws("a chunk of a delta", DELTA_CHUNK, codecOf(writeDeltaChunk, readDeltaChunk));
