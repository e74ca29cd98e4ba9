from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal_imports", "0005_selling_rules"),
    ]

    operations = [
        migrations.AlterField(
            model_name="columnmapping",
            name="kind",
            field=models.CharField(
                choices=[
                    ("products", "Products"),
                    ("stock", "Stock"),
                    ("expected_receipts", "Expected receipts"),
                    ("prices", "Price lists"),
                    ("sales_reps", "Sales reps"),
                    ("dealers", "Dealers"),
                    ("quantity_rules", "Quantity rules"),
                    ("assortment_rules", "Assortment rules"),
                    ("item_numbers", "Dealers' item numbers"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="importjob",
            name="kind",
            field=models.CharField(
                choices=[
                    ("products", "Products"),
                    ("stock", "Stock"),
                    ("expected_receipts", "Expected receipts"),
                    ("prices", "Price lists"),
                    ("sales_reps", "Sales reps"),
                    ("dealers", "Dealers"),
                    ("quantity_rules", "Quantity rules"),
                    ("assortment_rules", "Assortment rules"),
                    ("item_numbers", "Dealers' item numbers"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
