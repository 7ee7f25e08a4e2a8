import type { ProductSettings } from '@cordon/shared/contracts'
import { fillTemplate } from '../versions/index.ts'
import type { DownloadPlan } from './source.ts'

type Download = NonNullable<ProductSettings['download']>

/** Write the version into the addresses of a download. */
export function fillDownload(
  { address, fallback, signature }: Download,
  version: string,
): Pick<DownloadPlan, 'address' | 'fallback' | 'signature'> {
  const fill = (template: string | undefined): string | null =>
    template === undefined ? null : fillTemplate(template, version)
  return { address: fillTemplate(address, version), fallback: fill(fallback), signature: fill(signature) }
}
