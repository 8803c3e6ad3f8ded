// Loads telemetry, as a preload does, for an app that runs in another folder.
process.chdir(process.env.APP_FOLDER);
require('annotel/register');
