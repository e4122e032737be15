/** What sub-agents are called, for people: trees, birds and stones. */
export const nicknames: readonly string[] = (
  "Acacia Agate Alder Amber Ash Aspen Auk Azurite Basalt Beech Beryl Birch Bittern Bunting Cedar Chalk Cherry " +
  "Chestnut Citrine Condor Coot Coral Crane Curlew Cypress Dipper Diorite Dove Dunlin Ebony Egret Eider Elder Elm " +
  "Falcon Feldspar Finch Fir Flint Fulmar Gabbro Gannet Garnet Gneiss Goshawk Granite Grebe Harrier Hawthorn Hazel " +
  "Hemlock Heron Holly Hoopoe Hornbeam Ibis Jackdaw Jade Jasper Juniper Kestrel Kite Larch Lark Lapwing Laurel " +
  "Linden Linnet Magpie Mallard Malachite Maple Marble Martin Merlin Myrtle Nuthatch Oak Obsidian Olive Onyx Opal " +
  "Oriole Osprey Petrel Pine Pipit Plover Poplar Puffin Quartz Quail Raven Redwing Robin Rowan Sandstone Sapphire " +
  "Serin Shale Siskin Skua Slate Snipe Spruce Starling Stork Swift Sycamore Teal Tern Thrush Topaz Tourmaline Walnut " +
  "Warbler Waxwing Willow Wren Yew Zircon"
).split(" ");
