import { closeApi, openApi } from '@cordon/shared/api/edge/api-server'
import type { PartStart, RunningPart } from '@cordon/shared/part/edge'
import { openSocketDirectory } from '@cordon/shared/runtime/edge'
import { buildUpdatesApi } from './updates-api.ts'
import { UpdatesService } from './updates-service.ts'

/** Open the update checks and their API, or throw a Fault. */
export async function openUpdates(start: PartStart): Promise<RunningPart> {
  const { layout, telemetry } = start
  const updates = await UpdatesService.open(start)
  const api = buildUpdatesApi(updates, telemetry)
  await openSocketDirectory(layout, layout.updatesDirectory)
  await openApi(api, layout.updatesSocket, layout)
  return {
    resumed: () => updates.resumed(),
    reload: () => void updates.reload(),
    close: async () => {
      await Promise.all([updates.close(), closeApi(api)])
    },
  }
}
