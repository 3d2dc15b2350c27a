// SPDX-License-Identifier: Apache-2.0
// The one main of every test program.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "crdt/crypto/crypto.h"

int main(int argc, char** argv) {
  cunju::crypto::initialize();
  return Catch::Session().run(argc, argv);
}
