#!/bin/sh
# Each time the installed system boots.
exit 0
