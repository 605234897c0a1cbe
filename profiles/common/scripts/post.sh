#!/bin/sh
# At the end of the installation, before the node restarts. The new system is mounted (at /target
# by Debian's and Ubuntu's installers, at /mnt/sysimage by Anaconda) and knows the collective
# already. The exit code 0 says that all went well.
#
# What is to be done there goes here, or into files of post.d, which run in the order of their names.
exit 0
