# SPDX-License-Identifier: Apache-2.0
# Turns definition files into a .cc that defines embedded_definitions() of node/registry/builtin.h.
# Run as: cmake -D OUTPUT=x.cc -D FILES="a.toml;b.toml" -P embed_definitions.cmake
set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(id ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND entries "    {\"${id}\", R\"definition(${text})definition\"},\n")
endforeach()
# Brackets and semicolons of the texts stay as they are: file(WRITE) gets one quoted argument.
file(WRITE ${OUTPUT} "// Generated from node/registry/definitions by cmake/embed_definitions.cmake.
#include \"node/registry/builtin.h\"

namespace cunju::registry {
namespace {

constexpr EmbeddedDefinition kEmbedded[] = {
${entries}};

}  // namespace

std::span<const EmbeddedDefinition> embedded_definitions() { return kEmbedded; }

}  // namespace cunju::registry
")
