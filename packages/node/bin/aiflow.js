#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Stands in the clone before anything is built, so that installing links the command.
import '../dist/bin/aiflow.js';
