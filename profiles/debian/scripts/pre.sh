#!/bin/sh
# Before debian-installer asks anything, by early_command of preseed.cfg. What this node's own
# configuration knows is answered already; debconf-set QUESTION VALUE answers more.
#
# What is to be done then goes here, or into files of pre.d, which run in the order of their names.
exit 0
