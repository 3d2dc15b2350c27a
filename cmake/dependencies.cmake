# SPDX-License-Identifier: Apache-2.0
# Everything foreign comes from Debian packages and is found here, once.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(CapnProto REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc)

find_path(CUNJU_SODIUM_INCLUDE sodium.h REQUIRED)
find_library(CUNJU_SODIUM_LIBRARY sodium REQUIRED)
add_library(cunju_sodium INTERFACE)
target_include_directories(cunju_sodium SYSTEM INTERFACE ${CUNJU_SODIUM_INCLUDE})
target_link_libraries(cunju_sodium INTERFACE ${CUNJU_SODIUM_LIBRARY})

find_path(CUNJU_LMDB_INCLUDE lmdb.h REQUIRED)
find_library(CUNJU_LMDB_LIBRARY lmdb REQUIRED)
add_library(cunju_lmdb INTERFACE)
target_include_directories(cunju_lmdb SYSTEM INTERFACE ${CUNJU_LMDB_INCLUDE})
target_link_libraries(cunju_lmdb INTERFACE ${CUNJU_LMDB_LIBRARY})

find_path(CUNJU_CSV_INCLUDE csv.h REQUIRED)
find_library(CUNJU_CSV_LIBRARY csv REQUIRED)
add_library(cunju_csv INTERFACE)
target_include_directories(cunju_csv SYSTEM INTERFACE ${CUNJU_CSV_INCLUDE})
target_link_libraries(cunju_csv INTERFACE ${CUNJU_CSV_LIBRARY})

find_path(CUNJU_ZSTD_INCLUDE zstd.h REQUIRED)
find_library(CUNJU_ZSTD_LIBRARY zstd REQUIRED)
add_library(cunju_zstd INTERFACE)
target_include_directories(cunju_zstd SYSTEM INTERFACE ${CUNJU_ZSTD_INCLUDE})
target_link_libraries(cunju_zstd INTERFACE ${CUNJU_ZSTD_LIBRARY})

find_path(CUNJU_QRENCODE_INCLUDE qrencode.h REQUIRED)
find_library(CUNJU_QRENCODE_LIBRARY qrencode REQUIRED)
add_library(cunju_qrencode INTERFACE)
target_include_directories(cunju_qrencode SYSTEM INTERFACE ${CUNJU_QRENCODE_INCLUDE})
target_link_libraries(cunju_qrencode INTERFACE ${CUNJU_QRENCODE_LIBRARY})

find_path(CUNJU_AVAHI_INCLUDE avahi-client/client.h REQUIRED)
find_library(CUNJU_AVAHI_CLIENT_LIBRARY avahi-client REQUIRED)
find_library(CUNJU_AVAHI_COMMON_LIBRARY avahi-common REQUIRED)
add_library(cunju_avahi INTERFACE)
target_include_directories(cunju_avahi SYSTEM INTERFACE ${CUNJU_AVAHI_INCLUDE})
target_link_libraries(cunju_avahi INTERFACE ${CUNJU_AVAHI_CLIENT_LIBRARY}
  ${CUNJU_AVAHI_COMMON_LIBRARY})
