import { readPromise, writePromise } from "../../src/wire/promise.ts";
import { codecLaws, codecOf } from "./codec_laws.ts";
import { PROMISE } from "./generated.ts";

codecLaws("a promise", PROMISE, codecOf(writePromise, readPromise));
