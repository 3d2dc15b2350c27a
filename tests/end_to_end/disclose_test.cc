// SPDX-License-Identifier: Apache-2.0
//
// What may stand in the disclosure ledger, which the whole village reads.
#include "tests/support/village_process.h"

namespace cunju::test {

TEST_CASE("The ledger takes no person's name openly, and says to whom something went",
          "[subject]") {
  ThreeDesks desks;
  const auto note = [&](Words more, int exit_code) {
    Words words{"disclose", "note", "--purpose", "协查"};
    words.insert(words.end(), more.begin(), more.end());
    return desks.a.run(words, exit_code);
  };
  for (const char* kind : {"individual", "person"})
    note({"--kind", "oral", "--recipient-kind", kind, "--to", "王小明"}, 2);
  desks.a.run({"export", "--out", (desks.folder / "out").string(), "--to", "吴小兰", "--purpose",
               "给本人", "--recipient-kind", "person"},
              2);
  desks.a.run({"export", "--out", (desks.folder / "no/such/folder").string(), "--to", "住建局",
               "--purpose", "检查"},
              3);
  note({"--kind", "print", "--recipient-kind", "own", "--to", "住建局"}, 2);
  note({"--kind", "print"}, 2);
  note({"--kind", "export", "--to", "住建局"}, 2);
  note({"--kind", "print", "--to", "住建局", "--on", "2099-01-01"}, 2);
  note({"--kind", "print", "--to", "住建局", "--registry", "rental", "--field", "no_such"}, 2);
  CHECK(desks.a.json({"list", "disclosures"}).empty());

  note({"--kind", "oral", "--person", "王小明"}, 0);
  const auto booked = desks.a.json({"disclose", "list"}).front();
  CHECK(Desk::text_of(booked, "recipient_kind") == "individual");
  CHECK(Desk::text_of(booked, "recipient").empty());
  note({"--kind", "grant", "--to", "街道", "--registry", "rental", "--field", "address"}, 0);
}

}  // namespace cunju::test
