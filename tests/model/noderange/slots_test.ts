import { deepEqual, equal } from "node:assert/strict";

import { fullRoom } from "../../../src/model/noderange/room.ts";
import { countOut, namesOf, reserveNames } from "../../../src/model/noderange/slots.ts";

Deno.test("names are the product of the slots, the last place changing first", () => {
  deepEqual(namesOf([["r"], ["1", "2"], ["n"], ["a", "b"], ["-"], ["x"]]), [
    "r1na-x",
    "r1nb-x",
    "r2na-x",
    "r2nb-x",
  ]);
  deepEqual(namesOf([["r"], []]), []);
});

Deno.test("room is what names may still be made", () => {
  const room = { names: 15, numbers: 100, work: 100 };
  const ten = Array.from({ length: 10 }, (_, i) => String(i));
  equal(reserveNames([["n"], ten], room), undefined);
  deepEqual([room.names, room.work], [5, 90]);
  equal(reserveNames([["n"], ten], room)?.ok, false);
  equal(reserveNames([["n"], ten, []], room), undefined);
  equal(room.names, 5);
});

Deno.test("long names cost more to look up than short ones", () => {
  const room = { names: 100, numbers: 100, work: 100 };
  equal(reserveNames([["n".repeat(19)], ["1", "2"]], room), undefined);
  equal(room.work, 88);
  equal(reserveNames([["n".repeat(200)], ["1", "2"]], room)?.ok, false);
  deepEqual([room.names, room.work], [98, 88]);
});

Deno.test("names that no node can have are not made", () => {
  const message = reserveNames([["n".repeat(600)], ["1", "2"]], fullRoom())?.refusal.message;
  equal(message, "Invalid Noderange: it makes names of 601 characters; MAX_NAME_LENGTH is 253");
});

Deno.test("numbers are counted out as wide as the first is written, while there is room", () => {
  const room = { names: 0, numbers: 6, work: 0 };
  deepEqual(countOut("08", "11", 1, room), ["08", "09", "10", "11"]);
  equal(room.numbers, 2);
  deepEqual(countOut("1", "9", 5, room), ["1", "6"]);
  equal(
    countOut("1", "1", 1, room),
    "it counts out more than 200000 nodes, which is MAX_NODERANGE_NODES",
  );
  equal(countOut("3", "1", 1, room), "it counts down from 3 to 1");
  equal(countOut("1", "3", 0, room), "a step of 0 does not get on");
  equal(countOut("1", "1234567890123456", 1, room), "a number has more than 15 digits");
});
