# What a user gets: installs into a prefix in the build tree and uses it from there, as a stranger
# would. The consumer tests take the sanitizers along, since the archive needs them to link.
set(prefix ${CMAKE_CURRENT_BINARY_DIR}/prefix)
string(JOIN " " instrument_flags ${rustle_instrument_flags})

add_test(NAME clear_prefix COMMAND ${CMAKE_COMMAND} -E rm -rf ${prefix})
add_test(NAME install COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${prefix})
set_tests_properties(clear_prefix PROPERTIES FIXTURES_SETUP empty_prefix)
set_tests_properties(install PROPERTIES FIXTURES_SETUP installed FIXTURES_REQUIRED empty_prefix)

add_test(NAME installed_headers_compile_alone
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/check_headers.sh ${prefix}/${CMAKE_INSTALL_INCLUDEDIR}/rustle
        ${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER})

add_test(NAME consumer_by_find_package
    COMMAND ${CMAKE_CTEST_COMMAND}
        --build-and-test ${CMAKE_CURRENT_SOURCE_DIR}/consumer ${CMAKE_CURRENT_BINARY_DIR}/consumer
        --build-generator ${CMAKE_GENERATOR}
        --build-options -DCMAKE_PREFIX_PATH=${prefix}
            -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
            -DCMAKE_C_FLAGS=${instrument_flags} -DCMAKE_CXX_FLAGS=${instrument_flags}
        --test-command ${CMAKE_CTEST_COMMAND} --output-on-failure --no-tests=error)

add_test(NAME consumer_by_pkg_config
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/consumer/build_with_pkg_config.sh
        ${prefix}/${CMAKE_INSTALL_LIBDIR}/pkgconfig ${CMAKE_CURRENT_BINARY_DIR}
        ${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER} ${rustle_instrument_flags})

set_tests_properties(installed_headers_compile_alone consumer_by_find_package
    consumer_by_pkg_config PROPERTIES FIXTURES_REQUIRED installed LABELS install)

if(NOT rustle_instrument_flags) # which add symbols of their own
    add_test(NAME archive_defines_only_rsl_symbols
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/check_symbols.sh ${CMAKE_NM} $<TARGET_FILE:rustle>)
endif()

if(rustle_hardened AND CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$")
    add_test(NAME programs_are_hardened
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/check_hardened.sh ${CMAKE_READELF}
            $<TARGET_FILE:rustle_cli> $<TARGET_FILE:rustle_extension>)
endif()

add_test(NAME folders_include_only_what_lies_below
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/check_layers.sh ${PROJECT_SOURCE_DIR})
