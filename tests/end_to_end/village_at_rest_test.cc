// SPDX-License-Identifier: Apache-2.0
//
// The bar for what lies on disks: fifty words of a village, and all that is erased in it, are in no
// byte of any home, before and after, whoever is killed meanwhile; and what is erased is nowhere.
#include "tests/end_to_end/raw_village.h"
#include "tests/end_to_end/village_tables.h"
#include "tests/support/number_from.h"

namespace cunju::test {
namespace {

void live_through(const VillageSize& size) {
  const std::uint64_t seed = number_from("CUNJU_SEED", std::random_device{}());
  CAPTURE(seed);
  RawVillage village(size, seed);
  village.plant();
  village.check_before();
  village.erase();
  village.bring_back_colleague();
  village.check_after();
  village.compact_all();
}

}  // namespace

TEST_CASE("No byte of a village's homes shows what was written, and nothing what was erased",
          "[at_rest]") {
  live_through({.cases = 22, .tenancies = 42, .kills = 1});
}

TEST_CASE("Of 500 mediation files and 2,000 tenancies no byte shows what was written or erased",
          "[.long][at_rest]") {
  live_through({.cases = kCases, .tenancies = kTenancies, .kills = 10});
}

}  // namespace cunju::test
