# SPDX-License-Identifier: Apache-2.0
# Turns a file into a header that defines its bytes as an array of namespace cunju::run.
# Run as: cmake -D OUTPUT=x.h -D FILE=x.bin -D NAME=kX -P embed_bytes.cmake
file(READ ${FILE} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
get_filename_component(source ${FILE} NAME)
file(WRITE ${OUTPUT} "// Generated from ${source} by cmake/embed_bytes.cmake.
#pragma once

#include <cstdint>

namespace cunju::run {

inline constexpr std::uint8_t ${NAME}[] = {${bytes}};

}  // namespace cunju::run
")
