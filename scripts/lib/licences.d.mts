/** Where the list is kept. */
export const LICENCES: string;
export interface PackageLicence {
  name: string;
  version: string;
  licence: string;
  note?: string;
}
/** The production packages of package-lock.json; `refused` are neither permissive nor looked at. */
export function productionLicences(): { list: PackageLicence[]; refused: PackageLicence[] };
/** docs/licences.md. */
export function licencesPage(licences?: { list: PackageLicence[] }): string;
