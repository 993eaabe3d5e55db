/// What the made-up shop sells: each category with the words its products are made of.
struct Assortment {
    let category: String
    let nouns: [String]
    let materials: [String]
    let uses: [String]
    /// Minor units.
    let prices: ClosedRange<Int>
    let options: Options

    /// In what a product's variants differ.
    enum Options {
        case sizes, colours, volumes, none
    }

    static let brands = [
        "Alder & Pine", "Bellwether", "Brightwater", "Calder Mill", "Cobalt Works", "Copperfield", "Dunmore",
        "Eastgate", "Elm Street", "Fairhaven", "Fernhill", "Finch & Daughters", "Foxglove", "Glasswing", "Greyfriars",
        "Halyard", "Harrow Lane", "Heron", "Holloway", "Ironbridge", "Juniper Row", "Kestrel", "Kingfisher",
        "Larkspur", "Lighthouse Supply", "Linden", "Longshore", "Marlowe", "Meridian", "Millstone", "Moorland",
        "Nightjar", "Northlight", "Oakham", "Old Quay", "Osprey", "Paper Boat", "Penrose", "Quarry & Co",
        "Rookery", "Rowan", "Saltmarsh", "Sandpiper", "Silverbirch", "Stonecrop", "Tamarisk", "Thistledown",
        "Thornbury", "Tidewater", "Umber", "Valley Forge", "Waxwing", "Westerly", "Whitcombe", "Wild Plum",
        "Windlass", "Wrenfield", "Yarrow",
    ]

    static let styles = [
        "Classic", "Everyday", "Heritage", "Compact", "Slim", "Large", "Folding", "Handmade", "Striped", "Ribbed",
        "Matte", "Brushed", "Vintage", "Nordic", "Garden", "Harbour", "Studio", "Weekend", "Traveller's", "Winter",
        "Summer", "Double", "Deep", "Tall",
    ]

    static let colours = [
        "Black", "Chalk", "Charcoal", "Clay", "Forest", "Ink", "Moss", "Mustard", "Navy", "Oatmeal", "Rust", "Sage",
        "Sky", "Slate", "Stone", "White",
    ]

    static let all = [
        Assortment(
            category: "Kitchen & Cookware",
            nouns: ["Saucepan", "Frying Pan", "Casserole", "Kettle", "Mixing Bowl", "Colander", "Roasting Tin", "Wok"],
            materials: ["Cast Iron", "Enamelled Steel", "Stainless Steel", "Copper", "Carbon Steel"],
            uses: ["slow Sunday stews", "quick suppers", "baking days", "small kitchens"],
            prices: 1_200...16_000,
            options: .volumes
        ),
        Assortment(
            category: "Tableware",
            nouns: [
                "Dinner Plate", "Mug", "Cereal Bowl", "Serving Dish", "Tumbler", "Carafe", "Teapot", "Salad Servers",
            ],
            materials: ["Stoneware", "Porcelain", "Glass", "Olive Wood", "Earthenware"],
            uses: ["long breakfasts", "a table for eight", "everyday meals", "a picnic in the park"],
            prices: 500...6_500,
            options: .colours
        ),
        Assortment(
            category: "Bedding",
            nouns: ["Duvet Cover", "Pillowcase", "Fitted Sheet", "Bedspread", "Quilt", "Blanket"],
            materials: ["Linen", "Organic Cotton", "Washed Percale", "Merino", "Flannel"],
            uses: ["warm nights", "cold bedrooms", "guest rooms", "lazy mornings"],
            prices: 1_800...22_000,
            options: .colours
        ),
        Assortment(
            category: "Lighting",
            nouns: ["Desk Lamp", "Floor Lamp", "Pendant", "Lantern", "Wall Light", "Candle Holder"],
            materials: ["Brass", "Smoked Glass", "Oak", "Paper", "Powder-Coated Steel"],
            uses: ["reading corners", "hallways", "dinner tables", "evenings on the terrace"],
            prices: 1_500...28_000,
            options: .colours
        ),
        Assortment(
            category: "Furniture",
            nouns: ["Stool", "Side Table", "Bookshelf", "Bench", "Coat Rack", "Armchair", "Writing Desk"],
            materials: ["Oak", "Walnut", "Ash", "Rattan", "Birch Plywood"],
            uses: ["small flats", "busy hallways", "reading corners", "a first home"],
            prices: 5_900...89_000,
            options: .colours
        ),
        Assortment(
            category: "Garden",
            nouns: ["Watering Can", "Planter", "Trowel", "Secateurs", "Bird Feeder", "Garden Fork", "Seed Tray"],
            materials: ["Galvanised Steel", "Terracotta", "Ash Wood", "Recycled Plastic", "Zinc"],
            uses: ["balcony gardens", "allotments", "the first seedlings of spring", "rose beds"],
            prices: 600...9_500,
            options: .sizes
        ),
        Assortment(
            category: "Knitwear",
            nouns: ["Jumper", "Cardigan", "Beanie", "Scarf", "Gloves", "Roll Neck"],
            materials: ["Lambswool", "Merino", "Cashmere", "Alpaca", "Cotton"],
            uses: ["windy walks", "the commute", "layering", "cold offices"],
            prices: 2_400...19_500,
            options: .sizes
        ),
        Assortment(
            category: "Shirts & Tops",
            nouns: ["Oxford Shirt", "T-Shirt", "Polo Shirt", "Overshirt", "Blouse", "Breton Top"],
            materials: ["Organic Cotton", "Linen", "Chambray", "Jersey", "Flannel"],
            uses: ["every day of the week", "warm evenings", "the office", "travelling light"],
            prices: 1_900...12_500,
            options: .sizes
        ),
        Assortment(
            category: "Outerwear",
            nouns: ["Raincoat", "Parka", "Peacoat", "Gilet", "Windbreaker", "Chore Jacket"],
            materials: ["Waxed Cotton", "Wool", "Recycled Nylon", "Canvas", "Down"],
            uses: ["wet dog walks", "the coast in November", "cycling to work", "spring showers"],
            prices: 6_900...42_000,
            options: .sizes
        ),
        Assortment(
            category: "Shoes",
            nouns: ["Sneakers", "Chelsea Boots", "Loafers", "Sandals", "Walking Boots", "Slippers"],
            materials: ["Leather", "Suede", "Canvas", "Felt", "Vegetable-Tanned Leather"],
            uses: ["city streets", "muddy paths", "long days standing", "the house"],
            prices: 3_900...26_000,
            options: .sizes
        ),
        Assortment(
            category: "Bags",
            nouns: ["Backpack", "Tote Bag", "Messenger Bag", "Duffel", "Wallet", "Wash Bag"],
            materials: ["Canvas", "Leather", "Waxed Cotton", "Recycled Nylon", "Felt"],
            uses: ["a weekend away", "the market", "a laptop and lunch", "carry-on only"],
            prices: 2_200...29_000,
            options: .colours
        ),
        Assortment(
            category: "Stationery",
            nouns: ["Notebook", "Fountain Pen", "Pencil Case", "Desk Calendar", "Letter Set", "Ruler"],
            materials: ["Recycled Paper", "Brass", "Leather", "Cedar", "Linen-Bound"],
            uses: ["meeting notes", "letters worth keeping", "sketching", "tidy desks"],
            prices: 300...7_500,
            options: .colours
        ),
        Assortment(
            category: "Toys & Games",
            nouns: ["Building Blocks", "Puzzle", "Train Set", "Spinning Top", "Kite", "Memory Game", "Teddy Bear"],
            materials: ["Beech", "Maple", "Cotton", "Cardboard", "Wool"],
            uses: ["rainy afternoons", "birthday parties", "small hands", "the whole family"],
            prices: 700...8_900,
            options: .none
        ),
        Assortment(
            category: "Coffee & Tea",
            nouns: ["Espresso Beans", "Filter Coffee", "Earl Grey", "Green Tea", "Herbal Infusion", "Decaf Beans"],
            materials: ["Single-Origin", "House Blend", "Organic", "Small-Batch", "Fair Trade"],
            uses: ["the first cup of the day", "slow afternoons", "moka pots", "after dinner"],
            prices: 450...3_200,
            options: .volumes
        ),
        Assortment(
            category: "Bath & Body",
            nouns: ["Hand Soap", "Bath Salts", "Body Lotion", "Shampoo Bar", "Bath Towel", "Hand Cream"],
            materials: ["Lavender", "Cedarwood", "Sea Salt", "Olive Oil", "Rosemary"],
            uses: ["sensitive skin", "long baths", "hard-working hands", "gifts"],
            prices: 400...4_800,
            options: .volumes
        ),
        Assortment(
            category: "Outdoor & Camping",
            nouns: ["Tent", "Sleeping Bag", "Camping Stove", "Flask", "Head Torch", "Hammock", "Cool Box"],
            materials: ["Ripstop", "Titanium", "Aluminium", "Down", "Stainless Steel"],
            uses: ["summits before breakfast", "festival fields", "bike tours", "wild swimming days"],
            prices: 1_400...38_000,
            options: .colours
        ),
    ]
}
