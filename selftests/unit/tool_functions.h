/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every function of our libxentoolcore and libxentoollog, with the program that
 * compares it with stock. That the lists are whole is tested by `make abi-check`.
 */
#ifndef TOOL_FUNCTIONS_H
#define TOOL_FUNCTIONS_H

#define TOOLCORE_FUNCTIONS(F) \
	F(test_toolcore, xentoolcore__register_active_handle) \
	F(test_toolcore, xentoolcore__deregister_active_handle) \
	F(test_toolcore, xentoolcore_restrict_all) \
	F(test_toolcore, xentoolcore__restrict_by_dup2_null)

#define TOOLLOG_FUNCTIONS(F) \
	F(test_toollog, xtl_createlogger_stdiostream) \
	F(test_toollog, xtl_stdiostream_set_minlevel) \
	F(test_toollog, xtl_stdiostream_adjust_flags) \
	F(test_toollog, xtl_logger_destroy) \
	F(test_toollog, xtl_logv) \
	F(test_toollog, xtl_log) \
	F(test_toollog, xtl_progress) \
	F(test_toollog, xtl_level_to_string)

#endif /* TOOL_FUNCTIONS_H */
