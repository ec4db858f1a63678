# Three Debian packages, one for each program: platform/dev/package.sh builds them.

set(share ${CMAKE_INSTALL_PREFIX}/share)
set(package ${CMAKE_CURRENT_LIST_DIR})

# Man pages and change log as Debian wants them: compressed, without a time in them.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
find_program(GZIP gzip REQUIRED)
foreach(page changelog.Debian doorstep.1 doorstep-provision.1 doorstep-server.8)
  configure_file(${package}/${page}.in ${CMAKE_BINARY_DIR}/package/${page} @ONLY)
  execute_process(COMMAND ${GZIP} -9nf ${CMAKE_BINARY_DIR}/package/${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
configure_file(${package}/metainfo.xml.in ${CMAKE_BINARY_DIR}/package/uk.doorstep.Doorstep.metainfo.xml @ONLY)

function(part component program page section)
  install(TARGETS ${program} RUNTIME DESTINATION bin COMPONENT ${component})
  install(FILES ${CMAKE_BINARY_DIR}/package/${page}.gz DESTINATION share/man/man${section} COMPONENT ${component})
  install(FILES ${package}/copyright ${CMAKE_BINARY_DIR}/package/changelog.Debian.gz
          DESTINATION share/doc/${program} COMPONENT ${component})
  install(FILES ${CMAKE_BINARY_DIR}/${program}.cdx.json DESTINATION share/doc/${program} RENAME sbom.cdx.json COMPONENT ${component})
endfunction()
part(tablet doorstep doorstep.1 1)
install(TARGETS doorstep-picture RUNTIME DESTINATION libexec COMPONENT tablet)  # started by doorstep alone
part(provision doorstep-provision doorstep-provision.1 1)
part(server doorstep-server doorstep-server.8 8)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/assets/text ${CMAKE_SOURCE_DIR}/assets/forms ${CMAKE_SOURCE_DIR}/assets/rules
        DESTINATION share/doorstep/assets COMPONENT tablet)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/assets/forms ${CMAKE_SOURCE_DIR}/assets/rules
        DESTINATION share/doorstep-server/assets COMPONENT server)
# The typefaces are packages of Debian's own; the app finds them in one folder. Links inside /usr are relative: Debian Policy 10.5.
foreach(font ${DOORSTEP_FONTS})
  get_filename_component(name ${font} NAME)
  file(RELATIVE_PATH font ${share}/doorstep/fonts ${font})
  file(CREATE_LINK ${font} ${CMAKE_BINARY_DIR}/package/${name} SYMBOLIC)
  install(FILES ${CMAKE_BINARY_DIR}/package/${name} DESTINATION share/doorstep/fonts COMPONENT tablet)
endforeach()
install(FILES ${package}/uk.doorstep.Doorstep.desktop DESTINATION share/applications COMPONENT tablet)
install(FILES ${CMAKE_BINARY_DIR}/package/uk.doorstep.Doorstep.metainfo.xml DESTINATION share/metainfo COMPONENT tablet)
install(FILES ${package}/uk.doorstep.Doorstep.svg DESTINATION share/icons/hicolor/scalable/apps COMPONENT tablet)
install(FILES ${CMAKE_SOURCE_DIR}/platform/PROVISIONING.md DESTINATION share/doc/doorstep-provision COMPONENT provision)
install(FILES ${package}/doorstep-server.service DESTINATION lib/systemd/system COMPONENT server)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/assets/demo/ DESTINATION share/doc/doorstep-server/extract COMPONENT server
        FILES_MATCHING PATTERN "*.csv" PATTERN "README.md" PATTERN pictures EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "Doorstep <it@doorstep.invalid>")
set(CPACK_PACKAGE_VENDOR Doorstep)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL tablet provision server)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
# security.md, open risks: libsodium before this takes some points that are none (CVE-2025-69277).
set(sodium "libsodium23 (>= 1.0.18-1+deb12u1)")

set(CPACK_DEBIAN_TABLET_PACKAGE_NAME doorstep)
set(CPACK_DEBIAN_TABLET_PACKAGE_SECTION misc)
set(CPACK_COMPONENT_TABLET_DESCRIPTION "Record home visits with no signal: the tablet app
A social worker records a visit child by child; nothing typed is lost, or
readable by a thief. With a signal it is reconciled with the council's case
server, and a supervisor approves or returns exactly what was read.")
set(CPACK_DEBIAN_TABLET_PACKAGE_DEPENDS
  "${sodium}, libtss2-tcti-device0 | libtss2-tcti-device0t64, fonts-inter, fonts-noto-ui-core, fonts-droid-fallback, fonts-dejavu-core, fonts-symbola, hunspell-en-gb, libgl1-mesa-dri, libegl1, libgles2")
set(CPACK_DEBIAN_TABLET_PACKAGE_RECOMMENDS "doorstep-provision, at-spi2-core")  # the second for screen readers

set(CPACK_DEBIAN_PROVISION_PACKAGE_NAME doorstep-provision)
set(CPACK_DEBIAN_PROVISION_PACKAGE_SECTION admin)
set(CPACK_COMPONENT_PROVISION_DESCRIPTION "Set up a council's tablets for Doorstep
Writes, checks and signs the one device.toml of a council, and enrols
tablets with it.")
set(CPACK_DEBIAN_PROVISION_PACKAGE_DEPENDS "${sodium}")

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME doorstep-server)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION net)
set(CPACK_COMPONENT_SERVER_DESCRIPTION "Case server that Doorstep's tablets reconcile with
Keeps the records of home visits encrypted, in a file or on PostgreSQL; takes
in the council's caseload and gives approved records back.")
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "${sodium}, adduser, debconf (>= 0.5) | debconf-2.0")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS postgresql)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
  "${package}/server/postinst;${package}/server/prerm;${package}/server/postrm;${package}/server/config;${package}/server/templates")
include(CPack)
