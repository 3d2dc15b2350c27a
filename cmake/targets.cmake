# SPDX-License-Identifier: Apache-2.0
# How our own targets are compiled: warnings are errors, sanitizers on request, every source of a
# folder belongs to that folder's target.

add_library(cunju_flags INTERFACE)
target_compile_options(cunju_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  -Wno-missing-field-initializers -Werror -fno-omit-frame-pointer)
# g++ 12 sees uninitialised members in every Result<variant> under the sanitizers; clang's analysis
# of the same code stays on.
# Under -O2 the warnings that follow bytes through std::string's operator+ are false too (known
# faults of g++ 12); ASan watches the same accesses in the tests.
target_compile_options(cunju_flags INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict;-Wno-stringop-overread;-Wno-stringop-overflow;-Wno-array-bounds>)
if(CUNJU_SANITIZE_TRAP)
  # Without the runtime's messages undefined behaviour still ends a test, and code compiles in two
  # thirds of the time; the clang preset has the messages.
  target_compile_options(cunju_flags INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-fsanitize-undefined-trap-on-error>)
endif()
if(CUNJU_SANITIZE)
  target_compile_options(cunju_flags INTERFACE -fsanitize=${CUNJU_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(cunju_flags INTERFACE -fsanitize=${CUNJU_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang AND CUNJU_SANITIZE MATCHES undefined)
    # clang 14 miscompiles coroutines under this one check.
    target_compile_options(cunju_flags INTERFACE -fno-sanitize=function)
  endif()
endif()
if(CUNJU_FUZZ)
  target_compile_options(cunju_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Parsing the same large headers takes longer than compiling most files.
option(CUNJU_PRECOMPILE "Use precompiled headers" ON)
function(cunju_precompile target)
  if(CUNJU_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# Most of the time goes into templates that every file instantiates anew: eight files at once take half
# as long. Files that give a hidden name twice stay apart, so that none has to be renamed for it: what
# stands at the start of a line between `namespace {` and its end is such a name.
set(CUNJU_BATCH 0 CACHE STRING "How many source files are compiled at once, 0: each alone")
function(cunju_hidden_names out file)
  file(READ ${file} text)
  # Nothing that a list of CMake's would be cut at.
  string(REGEX REPLACE "[][;]" "=" text "${text}")
  string(ASCII 1 begin)
  string(ASCII 2 end)
  string(REPLACE "\nnamespace {\n" "${begin}\n" text "${text}")
  string(REPLACE "\n}  // namespace\n" "\n${end}" text "${text}")
  string(REGEX MATCHALL "${begin}[^${end}]*" hidden "${text}")
  string(REGEX MATCHALL "\n[A-Za-z][^\n(={:]*(::[^\n(={:]*)*[(={:]" heads "${hidden}")
  set(names "")
  foreach(head IN LISTS heads)
    string(REPLACE " final" "" head "${head}")
    string(REGEX REPLACE "^.*[^A-Za-z0-9_]([A-Za-z0-9_]+)[^A-Za-z0-9_]*$" "\\1" name "${head}")
    list(APPEND names ${name})
  endforeach()
  list(REMOVE_DUPLICATES names)
  list(REMOVE_ITEM names static_assert)
  set(${out} ${names} PARENT_SCOPE)
endfunction()

# cunju_batch(TARGET ALONE...): the files ALONE can't be compiled with others for some other reason.
function(cunju_batch target)
  if(CUNJU_BATCH LESS 2)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cc$")
  list(REMOVE_ITEM sources "" ${ARGN})
  list(SORT sources)
  set(batches "")
  foreach(source IN LISTS sources)
    cunju_hidden_names(names ${source})
    get_filename_component(folder ${source} DIRECTORY)
    set(chosen "")
    foreach(batch IN LISTS batches)
      set(free ${names})
      list(REMOVE_ITEM free "" ${hidden_${batch}})
      list(LENGTH batch_${batch} size)
      if("${free}" STREQUAL "${names}" AND size LESS CUNJU_BATCH AND
          folder STREQUAL folder_${batch})
        set(chosen ${batch})
        break()
      endif()
    endforeach()
    if(NOT chosen)
      list(LENGTH batches chosen)
      math(EXPR chosen "${chosen} + 1")
      list(PREPEND batches ${chosen})
      set(folder_${chosen} ${folder})
    endif()
    list(APPEND batch_${chosen} ${source})
    list(APPEND hidden_${chosen} ${names})
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${target}_${chosen})
  endforeach()
  # What is hidden in a file may be used by a class of the same file, though it looks included.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# Where little is computed, compiling without optimisation takes half as long.
function(cunju_unoptimised target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-O0>)
endfunction()
# Of inline functions the linker takes what it meets first: let that be the libraries', not those of
# sources without optimisation.
function(cunju_link_first target)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_FILE:\\1>")
  list(JOIN ARGN " " files)
  target_link_options(${target} PRIVATE
    "SHELL:$<$<CONFIG:Debug>:-Wl,--whole-archive ${files} -Wl,--no-whole-archive>")
endfunction()

# cunju_library(NAME DEPENDS...): all .cc files below the current folder, schemas compiled first.
function(cunju_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  file(GLOB_RECURSE schemas CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.capnp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARGN})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARGN} PRIVATE cunju_flags)
  cunju_batch(${name})
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR} FILES ${headers})
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${CUNJU_VERIFY_HEADERS})
  if(schemas)
    set(CAPNPC_OUTPUT_DIR ${CMAKE_BINARY_DIR}/generated)
    set(CAPNPC_SRC_PREFIX ${CMAKE_SOURCE_DIR})
    set(CAPNPC_IMPORT_DIRS ${CMAKE_SOURCE_DIR})
    file(MAKE_DIRECTORY ${CAPNPC_OUTPUT_DIR})
    capnp_generate_cpp(schema_sources schema_headers ${schemas})
    # Generated code is not ours to warn about: it has a target of its own without cunju_flags.
    add_library(${name}_schema STATIC ${schema_sources})
    target_include_directories(${name}_schema SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(${name}_schema PUBLIC CapnProto::capnp)
    target_link_libraries(${name} PRIVATE ${name}_schema)
    add_dependencies(${name} ${name}_schema)
  endif()
endfunction()
option(CUNJU_VERIFY_HEADERS "Target all_verify_interface_header_sets: every header compiles alone" OFF)
