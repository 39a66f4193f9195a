#!/bin/x // y
[a]