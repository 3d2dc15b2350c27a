// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>

#include "cli/verb.h"
#include "crdt/crypto/crypto.h"

int main(int argc, char** argv) {
  cunju::crypto::initialize();
  cunju::cli::Terminal terminal(std::cout, std::cerr);
  terminal.is_interactive = isatty(STDERR_FILENO) != 0;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(cunju::cli::run_command(terminal, arguments));
}
