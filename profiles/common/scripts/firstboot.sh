#!/bin/sh
# Once, when the installed system boots for the first time. When this and the files of firstboot.d
# have ended with exit code 0 the deployment is complete.
exit 0
